// The code of the launch is used up: it need not stand in the address bar. And a button to print.
history.replaceState(null, "", location.pathname);
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
