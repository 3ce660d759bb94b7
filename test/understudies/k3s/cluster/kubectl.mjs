import { readFileSync } from 'node:fs';
import { Refusal, refuse } from '../device.mjs';
import { fullName, fullPlural, kindByWord, kindOf } from './kinds.mjs';
import { hashOf, matches, now } from './store.mjs';
import { problemsOf } from './validate.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** Does one command of kubectl; gives what it would print. Throws what it would complain. */
export async function runKubectl(store, args, input) {
  const [verb, ...rest] = args;
  const run = verbs[verb] ?? refuse(`error: unknown command "${verb}" for "kubectl"`);
  return await run(store, parse(verb, rest), input);
}

const flags = {
  apply: ['--server-side', '--force-conflicts', '--field-manager=', '-f='],
  get: ['-n=', '-l=', '--ignore-not-found', '-o='],
  delete: ['-n=', '-l=', '--ignore-not-found', '--wait=', '--timeout='],
  logs: ['-n=', '--tail=', '-c='],
  create: ['--from=', '-n='],
  rollout: ['-n='],
  scale: ['--replicas=', '-n='],
};
const verbs = { apply, get, delete: remove, logs, create, rollout, scale };

/** Words and flags; values stand behind `=` or in the next word. */
function parse(verb, args) {
  const call = { words: [], flags: {} };
  const rest = [...args];
  while (rest.length > 0) {
    const word = rest.shift();
    const [name, value] = word.split(/=(.*)/s);
    if (!word.startsWith('-') || word === '-') call.words.push(word);
    else if (flags[verb].includes(`${name}=`)) call.flags[name] = value ?? rest.shift();
    else if (flags[verb].includes(name)) call.flags[name] = value ?? 'true';
    else refuse(`error: unknown flag: ${name} (kubectl ${verb}, as far as it is known here)`);
  }
  return call;
}

function apply(store, call, input) {
  const { flags: given, words } = call;
  const isKnown =
    given['--server-side'] &&
    given['--force-conflicts'] &&
    given['--field-manager'] === 'hearth' &&
    given['-f'] === '-';
  if (!isKnown || words.length > 0) refuse('kubectl apply: this form is not known here');
  const list = JSON.parse(input);
  if (list.apiVersion !== 'v1' || list.kind !== 'List' || !Array.isArray(list.items))
    refuse('error: not a v1 List');
  const lines = [];
  const problems = [];
  // As the API: each for itself; those before a wrong one are there.
  for (const item of list.items) {
    const found = problemsOf(item, store);
    const where = `${item.kind}/${item.metadata?.name}`;
    problems.push(...found.map((one) => `The ${where} is invalid: ${one}`));
    if (found.length === 0) lines.push(put(store, item, problems));
  }
  if (problems.length > 0) refuse(problems.join('\n'));
  return lines.map((line) => `${line}\n`).join('');
}

function put(store, item, problems) {
  const before = store.get(item.kind, item.metadata.namespace, item.metadata.name);
  const name = `${fullName(kindOf(item.kind))}/${item.metadata.name} serverside-applied`;
  const next = structuredClone(item);
  if (item.kind === 'Job' && before !== undefined) {
    if (hashOf(before.applied) === hashOf(item.spec)) return name;
    problems.push(`The Job "${item.metadata.name}" is invalid: spec.template: field is immutable`);
    return name;
  }
  const restart = before?.spec?.template?.metadata?.annotations?.[restartedAt];
  if (restart !== undefined)
    next.spec.template.metadata.annotations = {
      ...next.spec.template.metadata.annotations,
      [restartedAt]: restart,
    };
  if (item.kind === 'Namespace')
    next.metadata.labels = { ...next.metadata.labels, 'kubernetes.io/metadata.name': item.metadata.name };
  if (item.kind === 'Job') next.applied = structuredClone(item.spec);
  if (before?.status !== undefined) next.status = before.status;
  store.put(next);
  return name;
}

function get(store, { words, flags: given }) {
  const [list, name, more] = words;
  if (given['-o'] !== 'json' || more !== undefined) refuse('kubectl get: this form is not known here');
  const kinds = list.split(',').map(kindByWord);
  const selector = Object.fromEntries(
    (given['-l'] ?? '')
      .split(',')
      .filter((one) => one !== '')
      .map((one) => one.split('=')),
  );
  if (name !== undefined) {
    const [kind] = kinds;
    const found = store.get(kind.kind, kind.isGlobal ? undefined : given['-n'], name);
    if (found !== undefined) return `${JSON.stringify(shown(found))}\n`;
    return given['--ignore-not-found'] ? '' : refuse(notFound(kind, name));
  }
  const items = kinds.flatMap((kind) =>
    store.all(kind.kind, kind.isGlobal ? undefined : (given['-n'] ?? 'default')),
  );
  const chosen = items.filter((one) => matches(one.metadata.labels, selector)).map(shown);
  return `${JSON.stringify({ apiVersion: 'v1', items: chosen, kind: 'List', metadata: { resourceVersion: '' } })}\n`;
}

/** What only this understudy keeps is not shown. */
function shown({ applied: _applied, runtime: _runtime, ...object }) {
  return object;
}

const notFound = (kind, name) => `Error from server (NotFound): ${fullPlural(kind)} "${name}" not found`;

async function remove(store, { words, flags: given }) {
  const [word, ...names] = words[0]?.includes('/') ? words[0].split('/') : words;
  const kind = kindByWord(word ?? '');
  if (names.length === 0) refuse('error: resource(s) were provided, but no name was specified');
  const lines = [];
  for (const name of names) {
    const found = store.get(kind.kind, kind.isGlobal ? undefined : given['-n'], name);
    if (found === undefined && given['--ignore-not-found'] !== 'true') refuse(notFound(kind, name));
    if (found === undefined) continue;
    found.metadata.deletionTimestamp = now();
    store.touch();
    lines.push(`${fullName(kind)} "${name}" deleted\n`);
    if (given['--wait'] !== 'false')
      await gone(store, found, Number(/^(\d+)s$/.exec(given['--timeout'] ?? '600s')?.[1] ?? 600));
  }
  return lines.join('');
}

async function gone(store, object, seconds) {
  const until = Date.now() + seconds * 1_000;
  const { kind, metadata } = object;
  const isThere = () => store.get(kind, metadata.namespace, metadata.name)?.metadata.uid === metadata.uid;
  while (isThere()) {
    if (Date.now() > until)
      refuse(`error: timed out waiting for the condition on ${kind.toLowerCase()}s/${metadata.name}`);
    await sleep(200);
  }
}

/** Of a job's or a deployment's newest pod. */
function logs(store, { words: [what], flags: given }) {
  const [word, name] = what.split('/');
  const kind = kindByWord(name === undefined ? 'pod' : word);
  const owner = store.get(kind.kind, given['-n'], name ?? word) ?? refuse(notFound(kind, name ?? word));
  const pods = kind.kind === 'Pod' ? [owner] : store.ownedBy(owner, 'Pod');
  const pod = pods
    .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .at(-1);
  if (pod?.runtime?.logFile === undefined)
    refuse(`error: timed out waiting for the condition: no pod of ${what} has a log`);
  const lines = readFileSync(pod.runtime.logFile, 'utf8');
  const { '--tail': tail } = given;
  return tail === undefined ? lines : `${lines.trimEnd().split('\n').slice(-Number(tail)).join('\n')}\n`;
}

function create(store, { words: [what, name], flags: given }) {
  const [, from] = /^cronjob\/(.+)$/.exec(given['--from'] ?? '') ?? [];
  if (what !== 'job' || name === undefined || from === undefined)
    refuse('kubectl create: this form is not known here');
  const cron = store.get('CronJob', given['-n'], from) ?? refuse(notFound(kindByWord('cronjob'), from));
  if (store.has('Job', given['-n'], name))
    refuse(`error: failed to create job: jobs.batch "${name}" already exists`);
  const { metadata = {}, spec } = structuredClone(cron.spec.jobTemplate);
  const annotations = { ...metadata.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' };
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'CronJob', name: from, uid: cron.metadata.uid, controller: true },
  ];
  store.put({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, name, namespace: given['-n'], annotations, ownerReferences },
    spec,
  });
  return `job.batch/${name} created\n`;
}

function deploymentOf(store, what, given) {
  const [, name] = /^deploy(?:ment)?\/(.+)$/.exec(what ?? '') ?? refuse(`kubectl: ${what} is no deployment`);
  return store.get('Deployment', given['-n'], name) ?? refuse(notFound(kindByWord('deployment'), name));
}

function rollout(store, { words: [verb, what], flags: given }) {
  if (verb !== 'restart') refuse(`kubectl rollout ${verb}: not known here`);
  const next = structuredClone(deploymentOf(store, what, given));
  next.spec.template.metadata.annotations = {
    ...next.spec.template.metadata.annotations,
    [restartedAt]: new Date().toISOString(),
  };
  store.put(next);
  return `deployment.apps/${next.metadata.name} restarted\n`;
}

function scale(store, { words: [what], flags: given }) {
  const next = structuredClone(deploymentOf(store, what, given));
  next.spec.replicas = /^\d+$/.test(given['--replicas'] ?? '')
    ? Number(given['--replicas'])
    : refuse('error: --replicas=COUNT is required');
  store.put(next);
  return `deployment.apps/${next.metadata.name} scaled\n`;
}

export { Refusal };
