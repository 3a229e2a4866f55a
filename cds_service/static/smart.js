// On a narrow screen a chart is scrolled: to its end, where today, the order and the names of the lines stand.
for (const plot of document.querySelectorAll(".plot")) plot.scrollLeft = plot.scrollWidth;
// The code of the launch is used up: it need not stand in the address bar. And a button to print.
history.replaceState(null, "", location.pathname);
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
