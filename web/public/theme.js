// Runs before the first paint, so that a light page never flashes dark. A file of its own and not
// an inline script, so that the content security policy needs no exception.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("nautscan.theme");
  } catch {
    // Storage may be forbidden; the system's choice then holds.
  }
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  const theme = choice === "light" || (choice === "system" && light) ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
})();
