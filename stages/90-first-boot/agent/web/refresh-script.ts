/**
 * While something is starting, looks again every three seconds and puts the new states into the open page.
 * It is only sent then, and the page is complete without it.
 */
export const refreshScript = `
const again = () => setTimeout(async () => {
  if (document.hidden) return again();
  try {
    const answer = await fetch('/', { cache: 'no-store' });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const id of ['overall', 'services']) {
      const [old, now] = [document, fresh].map((page) => page.getElementById(id));
      if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
    }
    if (fresh.querySelector('script') === null) return;
  } catch {}
  again();
}, 3000);
again();
`.trim();
