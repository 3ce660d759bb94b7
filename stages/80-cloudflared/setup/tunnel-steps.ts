import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep, Values } from '../../90-first-boot/agent/setup/define.ts';
import { openApi } from './cloudflare-api.ts';
import { findDomain } from './cloudflare-domain.ts';
import { findName, setName } from './cloudflare-name.ts';
import { openTunnel, setRoute } from './cloudflare-tunnel.ts';
import { hostnamesIn, ownConfig } from './config-text.ts';
import { type Route, routeOf } from './route.ts';
import {
  digestOf,
  forgetTunnel,
  keepTunnel,
  readExpected,
  readPrepared,
  readSettings,
  tokenFile,
} from './tunnel-files.ts';
import { findTunnelToken } from './tunnel-token.ts';

const unit = 'cloudflared.service';
/** The routes are Cloudflare's: here is nothing to say. */
const emptyConfig = '# The routes of this tunnel are kept at Cloudflare.\nno-autoupdate: true\n';

/**
 * Prepares the tunnel: at Cloudflare, if the owner gave an API token, and on the device. Ends it when the owner no longer
 * wants it. Uses another topic too: with a skipped one alone no step runs.
 */
export const prepareStep: SetupStep = {
  id: 'tunnel.prepare',
  order: 120,
  title: { en: 'Preparing the way into the Internet', de: 'Weg ins Internet vorbereiten' },
  uses: ['tunnel', 'administrator'],
  afterClaim: true,
  seconds: 10,
  isOptional: true,
  run: async (task) => {
    const values = task.answers('tunnel');
    if (values === undefined) return await endTunnel(task);
    // Another administrator is no reason to ask Cloudflare again: the API token may be gone by then.
    if (readExpected(task)?.answers === digestOf(values)) return;
    if (values['how'] === 'file') keepOwnConfig(task, values);
    else await keepRoute(task, values);
    await task.must('sync');
    // Without the program, which the next step may have to fetch, this starts nothing.
    await task.must('systemctl', ['--no-block', 'restart', unit]);
  },
  undo: async (task) => {
    forgetTunnel(task);
    await task.must('sync');
  },
};

async function endTunnel(task: StepTask): Promise<void> {
  if (readPrepared(task) === undefined && task.read(tokenFile) === undefined) return;
  await task.must('systemctl', ['stop', unit]);
  forgetTunnel(task);
}

function keepOwnConfig(task: StepTask, values: Values): void {
  const { config = '', credentials = '' } = values;
  keepTunnel(task, {
    token: tokenIn(credentials).text,
    config: ownConfig(config),
    expected: {
      how: 'file',
      routes: hostnamesIn(config).map((hostname) => ({ hostname })),
      answers: digestOf(values),
    },
  });
}

async function keepRoute(task: StepTask, values: Values): Promise<void> {
  const route = routeOf(values);
  if (route === undefined) throw new Error('the answer has no hostname');
  const how = values['how'] === 'api' ? 'api' : 'token';
  const token = how === 'api' ? await setUpAtCloudflare(task, values, route) : tokenIn(values['token']).text;
  keepTunnel(task, {
    token,
    config: emptyConfig,
    expected: { how, routes: [route], answers: digestOf(values) },
  });
}

/** Each call looks first what is there already, so a second run changes nothing. Gives the token of the tunnel. */
async function setUpAtCloudflare(task: StepTask, values: Values, route: Route): Promise<string> {
  const { apiToken = '', existingTunnel } = values;
  const { hostname } = route;
  const { signal } = task;
  const api = openApi({ base: readSettings(task).api, token: apiToken.trim(), signal });
  const existing = existingTunnel === undefined ? undefined : tokenIn(existingTunnel);
  const domain = await findDomain(api, hostname);
  task.log(`the domain is ${domain.name}`);
  task.progress(0.2);
  const tunnel = await openTunnel(api, domain, { hostname, existing });
  task.log(`the tunnel is ${tunnel.id}`);
  task.progress(0.4);
  const entry = await findName(api, domain, { hostname, own: tunnel.id });
  task.log(`route: ${await setRoute(api, domain, { id: tunnel.id, route })}`);
  task.progress(0.7);
  task.log(`name: ${await setName(api, domain, { hostname, tunnel: tunnel.id, entry })}`);
  return tunnel.token;
}

/** The page has checked it; a damaged store has not. */
function tokenIn(text = '') {
  const { token } = findTunnelToken(text);
  if (token === undefined) throw new Error('the answer has no token of a tunnel');
  return token;
}
