import type { TopicView } from '../../door/protocol.ts';
import { busyLine, errorSummary } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { type Html, html } from '../html.ts';
import { hiddenFields, renderLayout } from '../layout.ts';
import { type FieldsState, renderField } from './fields.ts';

/** Where a topic's page stands: among the others in the setup, or alone when an answer is changed later. */
export interface TopicPlace {
  /** From 1. Undefined after the setup. */
  readonly step?: { readonly number: number; readonly count: number };
  readonly action: string;
  readonly back?: string | undefined;
}

/** One question: one subject with its fields. */
export function renderTopicPage(
  frame: Frame,
  topic: TopicView,
  place: TopicPlace,
  state: FieldsState,
): string {
  const { say, texts } = frame;
  return renderLayout(frame, {
    title: say(topic.title),
    isError: state.mistakes.length > 0,
    main: html`${place.step === undefined ? '' : whereAmI(frame, place.step)}
${errorSummary(state.mistakes, texts)}
<form class="card stack" method="post" action="${place.action}" novalidate>
${hiddenFields(frame)}
<h1>${say(topic.title)}</h1>
${topic.text === undefined ? '' : html`<p class="lead">${say(topic.text)}</p>`}
${topic.from === 'card' ? html`<p class="soft">${texts.topic.fromCard}</p>` : ''}
${topic.fields.map((field) => renderField(frame, field, state))}
<div class="actions">
<button class="button">${place.step === undefined ? texts.topic.save : texts.next}</button>
${topic.isOptional && place.step !== undefined ? html`<button class="button plain" name="_skip" value="yes" aria-describedby="skip-hint">${texts.topic.skip}</button>` : ''}
</div>
${topic.isOptional && place.step !== undefined ? html`<p class="soft" id="skip-hint">${texts.topic.skipHint}</p>` : ''}
${busyLine(texts)}
</form>
${place.back === undefined ? '' : html`<a class="back" href="${place.back}">${texts.back}</a>`}`,
  });
}

function whereAmI({ texts }: Frame, { number, count }: { number: number; count: number }): Html {
  const dots = Array.from({ length: count }, (_, index) =>
    index < number ? html`<span class="on"></span>` : html`<span></span>`,
  );
  return html`<div class="where-am-i"><p>${texts.topic.step(number, count)}</p><div class="dots" aria-hidden="true">${dots}</div></div>`;
}
