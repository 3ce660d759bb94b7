import type { Texts } from '../text/texts.ts';
import { stateSigns } from './drawings.ts';
import { type Html, html, trusted } from './html.ts';

/** Something to mend, at a field if `field` is given. */
export interface Mistake {
  readonly field?: string;
  readonly message: string;
}

/** What stands around a control: its label, help and mistake. */
export interface Labels {
  readonly name: string;
  readonly label: string;
  readonly help?: string | undefined;
  readonly isOptional?: boolean;
}

/** All mistakes on top of the page, with links to their fields. It gets the focus. */
export function errorSummary(mistakes: readonly Mistake[], texts: Texts): Html {
  if (mistakes.length === 0) return html``;
  return html`<div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors-title">
<h2 id="errors-title">${texts.errorTitle}</h2>
<ul>${mistakes.map(({ field, message }) => html`<li>${field === undefined ? message : html`<a href="#${idOf(field)}">${message}</a>`}</li>`)}</ul>
</div>`;
}

export function idOf(name: string): string {
  return `field-${name}`;
}

/** Label, help, mistake and the control in this order. `control` gets what ties them together. */
export function labelled(
  labels: Labels,
  mistakes: readonly Mistake[],
  texts: Texts,
  control: (ties: Html) => Html,
): Html {
  const { name, label } = labels;
  const id = idOf(name);
  return html`<label for="${id}">${label}${optionalMark(labels, texts)}</label>
${helpAndMistake(labels, mistakes)}
${control(html` id="${id}" name="${name}"${ties(labels, mistakes)}`)}`;
}

/** A group of radio buttons or check boxes under one legend. */
export function grouped(
  labels: Labels,
  mistakes: readonly Mistake[],
  texts: Texts,
  choices: readonly Html[],
): Html {
  return html`<fieldset class="field"${ties(labels, mistakes)}>
<legend>${labels.label}${optionalMark(labels, texts)}</legend>
${helpAndMistake(labels, mistakes)}
<div class="choices">${choices}</div>
</fieldset>`;
}

/** A field for a password, with a place for the button that shows it. */
export function passwordBox(
  control: { readonly ties: Html; readonly label: string; readonly autocomplete: string },
  texts: Texts,
  maxLength = 512,
): Html {
  return html`<div class="reveal" data-show="${texts.showPassword}" data-show-long="${texts.showPasswordLong(control.label)}"><input type="password"${control.ties} autocomplete="${control.autocomplete}" maxlength="${maxLength}" autocapitalize="none" spellcheck="false"></div>`;
}

/** The line that the script shows while the device works on a form. */
export function busyLine(texts: Texts): Html {
  return html`<p class="soft" id="busy" role="status" hidden>${texts.busy}</p>`;
}

function optionalMark({ isOptional }: Labels, texts: Texts): Html {
  return isOptional ? html` <span class="optional">${texts.optional}</span>` : html``;
}

function helpAndMistake({ name, help }: Labels, mistakes: readonly Mistake[]): Html {
  const mine = mistakes.filter((mistake) => mistake.field === name);
  return html`${help === undefined ? '' : html`<p class="soft" id="${idOf(name)}-help">${help}</p>`}${
    mine.length === 0
      ? ''
      : html`<p class="problem" id="${idOf(name)}-problem">${trusted(stateSigns.failed)}<span>${mine.map(({ message }) => message).join(' ')}</span></p>`
  }`;
}

function ties({ name, help }: Labels, mistakes: readonly Mistake[]): Html {
  const isWrong = mistakes.some((mistake) => mistake.field === name);
  const ids = [
    ...(help === undefined ? [] : [`${idOf(name)}-help`]),
    ...(isWrong ? [`${idOf(name)}-problem`] : []),
  ];
  return html`${ids.length === 0 ? '' : html` aria-describedby="${ids.join(' ')}"`}${isWrong ? html` aria-invalid="true"` : ''}`;
}
