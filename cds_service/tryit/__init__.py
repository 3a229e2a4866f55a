"""The data of the try-it page: scenarios with synthetic patients, and the drugs and measurements to choose from."""
