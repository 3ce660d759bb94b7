import type { Greeting } from '../../door/protocol.ts';
import type { Texts } from '../../text/texts.ts';
import { mark } from '../drawings.ts';
import { busyLine, errorSummary, labelled, type Mistake, passwordBox } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { type Html, html, trusted } from '../html.ts';
import { renderLayout } from '../layout.ts';

/** The first page: asks for the setup code. It tells nothing about the device. */
export function renderCodePage(frame: Frame, greeting: Greeting, mistakes: readonly Mistake[] = []): string {
  const { texts } = frame;
  const isClosed = greeting.phase === 'unclaimed' && greeting.windowSeconds <= 0;
  const [title, text] = isClosed
    ? [texts.code.closedTitle, texts.code.closedText]
    : welcome(greeting, texts.code);
  return renderLayout(frame, {
    title,
    isError: mistakes.length > 0,
    hasOwnMark: true,
    main: html`<div class="hero stack">
<div>${trusted(mark)}<h1>${title}</h1></div>
<p class="lead">${text}</p>
</div>
${errorSummary(mistakes, texts)}
<div class="card stack">
${isClosed ? html`<p><a class="button" href="/">${texts.code.reload}</a></p>` : forms(greeting, texts, mistakes)}
</div>`,
  });
}

function welcome({ phase }: Greeting, texts: Texts['code']): readonly [string, string] {
  if (phase === 'unclaimed') return [texts.title, texts.text];
  return phase === 'asking' ? [texts.otherTitle, texts.otherText] : [texts.busyTitle, texts.busyText];
}

function forms(greeting: Greeting, texts: Texts, mistakes: readonly Mistake[]): Html {
  const { code } = texts;
  const minutes = Math.ceil(greeting.windowSeconds / 60);
  return html`<form class="stack" method="post" action="/claim" novalidate>
<div class="field">
${labelled(
  { name: 'code', label: code.label, help: code.help },
  mistakes,
  texts,
  (ties) =>
    html`<input class="code" type="text"${ties} data-from="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="64">`,
)}
</div>
<div class="actions"><button class="button">${code.go}</button></div>
</form>
${greeting.acceptsPassword ? passwordForm(texts, mistakes) : ''}
${busyLine(texts)}
<details><summary>${code.whereTitle}</summary>
<ul class="where soft">${code.where.map((place) => html`<li>${place}</li>`)}</ul></details>
${greeting.phase === 'unclaimed' ? html`<p class="soft">${code.window(minutes)}</p>` : ''}`;
}

function passwordForm(texts: Texts, mistakes: readonly Mistake[]): Html {
  const { passwordLabel: label, passwordHelp: help, goPassword } = texts.code;
  return html`<form class="stack" method="post" action="/claim" novalidate>
<div class="field">
${labelled({ name: 'password', label, help }, mistakes, texts, (ties) => passwordBox({ ties, label, autocomplete: 'current-password' }, texts))}
</div>
<div class="actions"><button class="button quiet">${goPassword}</button></div>
</form>`;
}
