import type { FieldView } from '../../door/protocol.ts';
import type { Choice, Values } from '../../setup/define.ts';
import { grouped, idOf, type Labels, labelled, type Mistake, passwordBox } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { type Html, html } from '../html.ts';

/** How the fields of a topic stand on its page. */
export interface FieldsState {
  /** What was typed, after a mistake. Without it the answers so far stand in the fields. */
  readonly typed?: Values | undefined;
  readonly mistakes: readonly Mistake[];
  /** By field: on which choice of which other field it depends, for the script. */
  readonly when: Readonly<Record<string, string>>;
  /** The topic has no answer yet: the script may fill in what the browser knows. */
  readonly isNew: boolean;
}

const radioLimit = 7;

/** One field with all that belongs to it. Secrets never come back into the page. */
export function renderField(frame: Frame, field: FieldView, state: FieldsState): Html {
  const when = state.when[field.name];
  return html`<div class="field"${when === undefined ? '' : html` data-when="${when}"`}>
${controlOf(frame, field, state)}
${field.isSet === true && field.isOptional ? clearBox(frame, field) : ''}
</div>`;
}

/** Tells whether the keeper keeps the value of this field to itself. */
export function isSecretField(field: FieldView): boolean {
  return field.kind === 'secret' || field.isSet !== undefined;
}

function controlOf(frame: Frame, field: FieldView, state: FieldsState): Html {
  const { texts } = frame;
  const labels = labelsOf(frame, field);
  const value = isSecretField(field) ? '' : (state.typed?.[field.name] ?? field.value ?? '');
  const { choices = [] } = field;
  if (field.kind === 'choice' && choices.length <= radioLimit)
    return grouped(
      labels,
      state.mistakes,
      texts,
      choices.map((choice, index) => radio(frame, field, choice, { index, value })),
    );
  return labelled(labels, state.mistakes, texts, (ties) => {
    if (field.kind === 'choice') return list(frame, field, { ties, value, isNew: state.isNew });
    if (field.kind === 'secret')
      return passwordBox(
        {
          ties,
          label: labels.label,
          autocomplete: field.autocomplete ?? (field.isNew ? 'new-password' : 'off'),
        },
        texts,
        field.maxLength,
      );
    if ((field.lines ?? 1) > 1)
      return html`<textarea${ties} rows="${field.lines ?? 4}" maxlength="${field.maxLength ?? 8000}" autocomplete="${field.autocomplete ?? 'off'}" autocapitalize="none" spellcheck="false">
${value}</textarea>`;
    return textInput(field, { ties, value, isNew: state.isNew });
  });
}

function labelsOf({ say, texts }: Frame, field: FieldView): Labels {
  const help = [
    ...(field.help === undefined ? [] : [say(field.help)]),
    ...(field.isSet ? [texts.topic.isSet] : []),
  ];
  return {
    name: field.name,
    label: say(field.label),
    help: help.length === 0 ? undefined : help.join(' '),
    isOptional: field.isOptional,
  };
}

function textInput(field: FieldView, control: Control): Html {
  const { suggestions = [] } = field;
  const listId = `${idOf(field.name)}-list`;
  return html`<input type="text"${control.ties} value="${control.value}" maxlength="${field.maxLength ?? 1000}" autocomplete="${field.autocomplete ?? 'off'}" autocapitalize="none" spellcheck="false"${
    field.inputMode === undefined ? '' : html` inputmode="${field.inputMode}"`
  }${suggestions.length === 0 ? '' : html` list="${listId}"${control.isNew ? html` data-new` : ''}`}>
${suggestions.length === 0 ? '' : html`<datalist id="${listId}">${suggestions.map((text) => html`<option value="${text}"></option>`)}</datalist>`}`;
}

interface Control {
  readonly ties: Html;
  readonly value: string;
  readonly isNew: boolean;
}

function list({ say, texts }: Frame, field: FieldView, { ties, value, isNew }: Control): Html {
  const { choices = [] } = field;
  const isKnown = choices.some((choice) => choice.value === value);
  return html`<select${ties} autocomplete="${field.autocomplete ?? 'off'}"${isNew ? html` data-new` : ''}>
${isKnown && !field.isOptional ? '' : html`<option value="">${texts.topic.choose}</option>`}
${choices.map((choice) => html`<option value="${choice.value}"${choice.value === value ? html` selected` : ''}>${say(choice.label)}</option>`)}
</select>`;
}

function radio(
  { say }: Frame,
  field: FieldView,
  choice: Choice,
  at: { readonly index: number; readonly value: string },
): Html {
  // A link of the error summary leads to the first one.
  const id = at.index === 0 ? idOf(field.name) : `${idOf(field.name)}-${at.index}`;
  const help = choice.help === undefined ? undefined : say(choice.help);
  return html`<label class="choice" for="${id}"><input type="radio" id="${id}" name="${field.name}" value="${choice.value}"${choice.value === at.value ? html` checked` : ''}><span>${say(choice.label)}${help === undefined ? '' : html`<span class="soft">${help}</span>`}</span></label>`;
}

function clearBox({ say, texts }: Frame, field: FieldView): Html {
  const id = `${idOf(field.name)}-clear`;
  return html`<label class="choice" for="${id}"><input type="checkbox" id="${id}" name="_clear.${field.name}" value="yes"><span>${texts.topic.clear(say(field.label))}</span></label>`;
}
