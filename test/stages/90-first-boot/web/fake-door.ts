import { Readable } from 'node:stream';
import { type Door, DoorRefusal } from '../../../../stages/90-first-boot/agent/door/client.ts';
import type {
  Admission,
  DoctorResult,
  DoorCalls,
  Greeting,
  JoinWish,
  SetupEvent,
  StatusView,
  TopicView,
} from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import type { FieldProblem, Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { sampleDoctor, sampleStatus } from './sample-status.ts';
import { nameProblem, sampleTopics } from './sample-topics.ts';

export const rightCode = 'ACDEFGHJKMNP';
export const administrator = { name: 'ada', password: 'five words that only you' } as const;

type Calls = {
  readonly [Name in keyof DoorCalls]: (ask: DoorCalls[Name]['ask']) => DoorCalls[Name]['answer'];
};

/** A keeper in memory: as many rules as the pages need, and every call is noted. */
export class FakeDoor implements Door {
  greeting: Greeting = { phase: 'unclaimed', windowSeconds: 2580, acceptsPassword: false };
  topics: readonly TopicView[] = structuredClone(sampleTopics);
  statusView: StatusView = sampleStatus;
  doctorResults: readonly DoctorResult[] = sampleDoctor;
  eventLog: readonly SetupEvent[] = [];
  stepLogText = '';
  /** What is wrong with the next answers, whatever they are. */
  nextProblems: readonly FieldProblem[] = [];
  /** What the next claim, login, link or join gives. */
  nextAdmission: Exclude<Admission, { result: 'granted' }> | undefined;
  isUnreachable = false;
  readonly asked: { readonly name: string; readonly ask: Readonly<Record<string, unknown>> }[] = [];
  readonly #tokens = new Set<string>();
  #tokenCount = 0;

  readonly call: Door['call'] = async (name, ask) => {
    if (this.isUnreachable) throw new DoorRefusal('unreachable', 'nobody there');
    this.asked.push({ name, ask: ask as Readonly<Record<string, unknown>> });
    if ('token' in ask) this.#requireSession(String(ask.token));
    return (this.#calls[name] as (ask: unknown) => never)(ask);
  };

  readonly events: Door['events'] = (token, after, signal) => {
    this.#requireSession(token);
    return this.#follow(after, signal);
  };

  readonly bundle: Door['bundle'] = async (token) => {
    this.#requireSession(token);
    return Readable.from([Buffer.from('bundle')]);
  };

  /** Calls that change something. */
  get changes(): readonly string[] {
    const harmless = ['hello', 'topics', 'status', 'doctor', 'stepLog'];
    return this.asked.map(({ name }) => name).filter((name) => !harmless.includes(name));
  }

  /** Opens a session as a claim would. */
  openSession(): string {
    this.#tokenCount += 1;
    const token = `token${this.#tokenCount}`.padEnd(43, 'x');
    this.#tokens.add(token);
    return token;
  }

  setPhase(phase: Greeting['phase']): void {
    this.greeting = { ...this.greeting, phase };
  }

  change(id: string, change: Partial<TopicView>): void {
    this.topics = this.topics.map((topic) => (topic.id === id ? { ...topic, ...change } : topic));
  }

  /** Answers all topics. */
  answerAll(): void {
    for (const topic of this.topics) this.#keep(topic, {});
  }

  readonly #calls: Calls = {
    hello: () => this.greeting,
    claim: ({ credential }) => {
      const isRight = credential.replaceAll(/[\s-]/g, '').toUpperCase() === rightCode;
      return this.#admit(isRight || (this.greeting.acceptsPassword && credential === administrator.password));
    },
    login: ({ name, password }) =>
      this.#admit(name === administrator.name && password === administrator.password),
    redeem: ({ link }) => this.#admit(link === 'one-time-key'),
    logout: ({ token }) => {
      this.#tokens.delete(token);
      return {};
    },
    join: (wish) => this.#join(wish),
    topics: () => ({ topics: this.topics }),
    save: ({ topic, values }) => this.#save(topic, values),
    skip: ({ topic }) => {
      this.change(topic, { state: 'skipped' });
      return this.#problems();
    },
    apply: () => {
      const result = this.#problems();
      if (result.problems.length === 0) this.setPhase('applying');
      return result;
    },
    retry: () => ({}),
    skipStep: () => this.#problems(),
    stepLog: () => ({ text: this.stepLogText }),
    status: () => ({ ...this.statusView, topics: this.topics }),
    doctor: () => ({ results: this.doctorResults }),
    noted: () => ({}),
    reboot: () => ({}),
    reset: ({ name }) =>
      name === this.statusView.hostname
        ? { problems: [] }
        : { problems: [{ field: 'name', message: 'This is not the name of the device.' }] },
  };

  async *#follow(after: number, signal?: AbortSignal): AsyncIterable<SetupEvent> {
    let last = after;
    while (signal?.aborted !== true) {
      for (const event of this.eventLog.filter(({ id }) => id > last)) {
        last = event.id;
        yield event;
      }
      await new Promise((go) => setTimeout(go, 20));
    }
  }

  #save(id: string, values: Values): { readonly problems: readonly FieldProblem[] } {
    const result = this.#problems();
    if (result.problems.length > 0) return result;
    const topic = this.topics.find((one) => one.id === id);
    if (topic === undefined) throw new DoorRefusal('bad', 'no such topic');
    const problems = topic.fields.flatMap((field) => {
      const value = values[field.name] ?? '';
      if (id === 'device' && value.includes(' ')) return [{ field: field.name, message: nameProblem }];
      const isMissing = value === '' && !field.isOptional && field.isSet !== true;
      const isMoot = id === 'wifi' && field.name === 'password' && values['security'] === 'open';
      return isMissing && !isMoot
        ? [{ field: field.name, message: { en: 'Please fill this in.', de: 'Bitte ausfüllen.' } }]
        : [];
    });
    if (problems.length === 0) this.#keep(topic, values);
    return { problems };
  }

  #keep(topic: TopicView, values: Values): void {
    const fields = topic.fields.map((field) => {
      if (field.kind === 'secret')
        return { ...field, isSet: field.isSet === true || values[field.name] !== '' };
      const value = values[field.name] ?? field.value;
      return value === undefined ? field : { ...field, value };
    });
    this.change(topic.id, { state: 'answered', from: 'page', fields });
  }

  #problems(): { readonly problems: readonly FieldProblem[] } {
    const problems = this.nextProblems;
    this.nextProblems = [];
    return { problems };
  }

  #admit(isRight: boolean): Admission {
    const refused = this.nextAdmission;
    this.nextAdmission = undefined;
    if (refused !== undefined) return refused;
    if (!isRight) return { result: 'wrong' };
    if (this.greeting.phase === 'unclaimed') this.setPhase('asking');
    return { result: 'granted', token: this.openSession() };
  }

  #join(wish: JoinWish): DoorCalls['join']['answer'] {
    if (this.nextProblems.length > 0) return { result: 'problems', ...this.#problems() };
    const refused = this.nextAdmission;
    this.nextAdmission = undefined;
    if (refused !== undefined) return refused;
    return wish.credential.replaceAll('-', '') === rightCode ? { result: 'joining' } : { result: 'wrong' };
  }

  #requireSession(token: string): void {
    if (!this.#tokens.has(token)) throw new DoorRefusal('session', 'no such session');
  }
}
