// Before anything is drawn, so that a dark page does not flash white.
try {
  var theme = localStorage.getItem('moongate.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (e) {
  // Storage is refused: the system's theme it is.
}
