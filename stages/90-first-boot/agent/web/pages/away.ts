import type { Frame } from '../frame.ts';
import { html } from '../html.ts';
import { renderLayout } from '../layout.ts';

/** While the device restarts, or is being reset: the page asks for it until it is back. */
export function renderAwayPage(frame: Frame, why: 'restart' | 'reset'): string {
  const { restarting, reset } = frame.texts;
  const [title, text] =
    why === 'restart' ? [restarting.title, restarting.text] : [reset.runningTitle, reset.runningText];
  return renderLayout(frame, {
    title,
    main: html`<div class="card stack" data-away>
<div class="spinner" aria-hidden="true"></div>
<h1>${title}</h1>
<p class="lead" role="status">${text}</p>
<noscript><p>${restarting.noScript}</p></noscript>
<p id="slow" role="status" hidden>${restarting.slow}</p>
<p><a class="go" href="/">${restarting.open}</a></p>
</div>`,
  });
}
