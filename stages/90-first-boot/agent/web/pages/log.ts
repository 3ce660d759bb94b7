import type { Frame } from '../frame.ts';
import { html } from '../html.ts';
import { renderLayout } from '../layout.ts';

/** The last lines of what a step printed. */
export function renderLogPage(
  frame: Frame,
  log: { readonly step: string; readonly text: string; readonly back: string },
): string {
  const { progress } = frame.texts;
  const title = progress.logTitle(log.step);
  return renderLayout(frame, {
    title,
    isWide: true,
    main: html`<div class="card stack">
<h1>${title}</h1>
${log.text.trim() === '' ? html`<p class="soft">${progress.logEmpty}</p>` : html`<pre class="log" tabindex="0" role="region" aria-label="${title}">${log.text}</pre>`}
<a class="back" href="${log.back}">${progress.backToProgress}</a>
</div>`,
  });
}
