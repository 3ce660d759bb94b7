import { busyLine, errorSummary, labelled, type Mistake, passwordBox } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { html } from '../html.ts';
import { renderLayout } from '../layout.ts';

/** The administrator's way in after the setup. */
export function renderLoginPage(
  frame: Frame,
  typed: {
    readonly name?: string | undefined;
    /** The one-time key of a link. It is only used when the visitor presses the button: programs open links, too. */
    readonly link?: string;
    readonly mistakes?: readonly Mistake[];
  } = {},
): string {
  const { texts } = frame;
  const { login } = texts;
  const { mistakes = [], link = '' } = typed;
  const isLinkMeant = link !== '' || mistakes.some(({ field }) => field === 'link');
  return renderLayout(frame, {
    title: login.title,
    isError: mistakes.length > 0,
    main: html`${errorSummary(mistakes, texts)}
<form class="card stack" method="post" action="/login" novalidate>
<div class="tight"><h1>${login.title}</h1>
<p class="lead">${login.text}</p></div>
<div class="field">${labelled({ name: 'name', label: login.user }, mistakes, texts, (ties) => html`<input type="text"${ties} value="${typed.name ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64">`)}</div>
<div class="field">${labelled({ name: 'password', label: login.password }, mistakes, texts, (ties) => passwordBox({ ties, label: login.password, autocomplete: 'current-password' }, texts))}</div>
<div class="actions"><button class="button">${login.go}</button></div>
${busyLine(texts)}
</form>
<details class="card"${isLinkMeant ? html` open` : ''}><summary>${login.noPassword}</summary>
<form class="stack" method="post" action="/login/link" novalidate>
<p class="soft">${login.linkText}</p>
<div class="field">${labelled({ name: 'link', label: login.link }, mistakes, texts, (ties) => html`<input type="text"${ties} value="${link}" data-from="link" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200">`)}</div>
<div class="actions"><button class="button quiet">${login.go}</button></div>
</form></details>`,
  });
}
