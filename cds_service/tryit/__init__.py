"""What the try-it page plays with: scenarios of synthetic patients, and the drugs and measurements to choose from."""
