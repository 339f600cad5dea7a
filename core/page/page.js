// Putting it together: themes, keys, printing.

const THEMES = ['System', 'Light', 'Dark'];
function nextTheme() {
  const button = $('#theme');
  const name = THEMES[(THEMES.indexOf(button.textContent) + 1) % THEMES.length];
  button.textContent = name;
  document.documentElement.dataset.theme = name.toLowerCase();
}
$('#theme').addEventListener('click', nextTheme);

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches('input, select');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    $('#patches').scrollIntoView();
    $('input[name=words]').focus({preventScroll: true});
  } else if (event.key === 'Escape' && typing) {
    event.target.blur();
    narrow(EVERYTHING);
  } else if (event.key === 't' && !typing) {
    nextTheme();
  }
});

// Paper has no "more": all that is selected, or as much of it as somebody may want to print.
window.addEventListener('beforeprint', () => drawMore(1000));

drawSummary();
drawCost();
drawAllLayers();
drawTimeline();
setUpPatches();
