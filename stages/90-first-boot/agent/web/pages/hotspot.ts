import type { HotspotView } from '../../door/protocol.ts';
import type { Texts } from '../../text/texts.ts';
import { countries } from '../countries.ts';
import { errorSummary, grouped, idOf, labelled, type Mistake, passwordBox } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { type Html, html } from '../html.ts';
import { renderLayout } from '../layout.ts';

/** What was typed, without secrets. */
export interface TypedJoin {
  readonly country?: string | undefined;
  readonly network?: string | undefined;
  readonly other?: string | undefined;
}

/** Stands in the form for a network that is not in the list. */
export const otherNetwork = '';

/** The one page of the setup hotspot: no scripts, no cookies, one form. */
export function renderHotspotPage(
  frame: Frame,
  hotspot: HotspotView,
  typed: TypedJoin = {},
  mistakes: readonly Mistake[] = [],
): string {
  const { texts } = frame;
  const words = texts.hotspot;
  const { failure } = hotspot;
  const said =
    failure === undefined || mistakes.length > 0
      ? []
      : [{ message: words.failure[failure.reason](failure.network) }];
  const country = typed.country ?? hotspot.country;
  const chosen = typed.network ?? failure?.network;
  return renderLayout(frame, {
    title: words.title,
    isError: mistakes.length + said.length > 0,
    hasScript: false,
    main: html`${errorSummary([...said, ...mistakes], texts)}
<form class="card stack" method="post" action="/join" novalidate>
<input type="hidden" name="_lang" value="${texts.language}">
<div class="tight"><h1>${words.title}</h1>
<p class="lead">${words.text}</p></div>
<div class="field">${labelled({ name: 'code', label: texts.code.label, help: words.codeHelp }, mistakes, texts, (ties) => html`<input class="code" type="text"${ties} autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="64">`)}</div>
<div class="field">${labelled({ name: 'country', label: words.country, help: words.countryHelp }, mistakes, texts, (ties) => html`<select${ties} autocomplete="country"><option value="">${texts.topic.choose}</option>${countries(texts.language).map(({ code, name }) => html`<option value="${code}"${code === country ? html` selected` : ''}>${name}</option>`)}</select>`)}</div>
${networkFields(hotspot, { chosen, other: typed.other }, mistakes, texts)}
<div class="field">${labelled({ name: 'password', label: words.password, help: words.passwordHelp }, mistakes, texts, (ties) => passwordBox({ ties, label: words.password, autocomplete: 'off' }, texts, 64))}</div>
${failure?.reason === 'noInternet' ? html`<label class="choice" for="field-stay"><input type="checkbox" id="field-stay" name="stay" value="yes"><span>${words.evenWithoutInternet}</span></label>` : ''}
<div class="actions"><button class="button">${words.go}</button></div>
</form>`,
  });
}

/** The last page before the hotspot goes: what to do now. */
export function renderJoiningPage(frame: Frame, network: string, hostname: string): string {
  const words = frame.texts.hotspot;
  return renderLayout(frame, {
    title: words.joiningTitle,
    hasScript: false,
    main: html`<div class="card stack">
<h1>${words.joiningTitle}</h1>
<p class="lead">${words.joiningText(network)}</p>
<ol class="where">${words.joiningSteps(hostname).map((step) => html`<li>${step}</li>`)}</ol>
<p class="soft">${words.joiningBack}</p>
</div>`,
  });
}

function networkFields(
  { networks }: HotspotView,
  typed: { readonly chosen: string | undefined; readonly other: string | undefined },
  mistakes: readonly Mistake[],
  texts: Texts,
): Html {
  const words = texts.hotspot;
  const isListed = networks.some(({ name }) => name === typed.chosen);
  const other = typed.other ?? (isListed || typed.chosen === otherNetwork ? '' : (typed.chosen ?? ''));
  const isOther = other !== '' || typed.chosen === otherNetwork;
  const choice = (at: { id: string; value: string; isChecked: boolean; text: string; soft: string }) =>
    html`<label class="choice" for="${at.id}"><input type="radio" id="${at.id}" name="network" value="${at.value}"${at.isChecked ? html` checked` : ''}><span>${at.text}${at.soft === '' ? '' : html`<span class="soft">${at.soft}</span>`}</span></label>`;
  const choices = networks.map(({ name, isSecured, strength }, index) =>
    choice({
      id: index === 0 ? idOf('network') : `${idOf('network')}-${index}`,
      value: name,
      isChecked: !isOther && name === typed.chosen,
      text: name,
      soft: [strengthText(strength, words), ...(isSecured ? [] : [words.open])].join(', '),
    }),
  );
  const last = choice({
    id: networks.length === 0 ? idOf('network') : `${idOf('network')}-other`,
    value: otherNetwork,
    isChecked: isOther || networks.length === 0,
    text: words.other,
    soft: '',
  });
  return html`${grouped({ name: 'network', label: words.network }, mistakes, texts, [...choices, last])}
<div class="field">${labelled({ name: 'other', label: words.otherName, help: words.otherHelp }, mistakes, texts, (ties) => html`<input type="text"${ties} value="${other}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="32">`)}</div>`;
}

function strengthText(strength: number, words: Texts['hotspot']): string {
  return words.strength[strength >= 67 ? 2 : strength >= 34 ? 1 : 0] ?? '';
}
