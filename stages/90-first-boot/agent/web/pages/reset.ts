import { busyLine, errorSummary, labelled, type Mistake } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { html } from '../html.ts';
import { hiddenFields, renderLayout } from '../layout.ts';

/** Asks whether the owner means it: the device's name must be typed. */
export function renderResetPage(frame: Frame, hostname: string, mistakes: readonly Mistake[] = []): string {
  const { texts } = frame;
  const { reset } = texts;
  return renderLayout(frame, {
    title: reset.title,
    isError: mistakes.length > 0,
    main: html`${errorSummary(mistakes, texts)}
<form class="card stack" method="post" action="/reset" novalidate>
${hiddenFields(frame)}
<h1>${reset.title}</h1>
<p class="lead">${reset.text}</p>
<p><strong>${reset.warning}</strong></p>
<div class="field">${labelled({ name: 'name', label: reset.label(hostname) }, mistakes, texts, (ties) => html`<input type="text"${ties} autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="80">`)}</div>
<div class="actions"><button class="button danger">${reset.go}</button><a class="button plain" href="/">${texts.cancel}</a></div>
${busyLine(texts)}
</form>`,
  });
}
