// Dark or light: the system's wish, until the reader says otherwise. Kept where the browser lets a file keep something.

const ThemeKey = 'spex-theme';

function themeSwitch() {
  const themes = [['', 'System'], ['light', 'Light'], ['dark', 'Dark']];
  const apply = theme => {
    document.documentElement.style.colorScheme = theme === '' ? 'light dark' : theme;
    document.documentElement.dataset.theme = theme;
  };
  let kept = '';
  try {
    kept = localStorage.getItem(ThemeKey) ?? '';
  } catch {
    // Some browsers give a page from a file no storage.
  }
  apply(kept);
  return choice('Theme', themes, kept, theme => {
    apply(theme);
    try {
      localStorage.setItem(ThemeKey, theme);
    } catch {
      // It holds for this visit then.
    }
  });
}
