import { readIfThere } from '../device/look.ts';
import type { Greeting, HotspotView } from '../door/protocol.ts';
import { readSetup } from '../store/setup-store.ts';
import { claimWindowMs } from './admission.ts';
import type { Keeper } from './keeper.ts';

/** What anybody in the network may know. Nothing of the device, its owner or its answers but the language. */
export async function hello(keeper: Keeper): Promise<Greeting> {
  const phase = keeper.phase();
  const language = languageOf(keeper);
  const hotspot = phase === 'complete' ? undefined : hotspotOf(keeper);
  return {
    phase,
    windowSeconds: windowSeconds(keeper),
    acceptsPassword: await keeper.acceptsPassword(),
    ...(language === undefined ? {} : { language }),
    ...(hotspot === undefined ? {} : { hotspot }),
  };
}

/** Once the device is claimed the window stays open for the one who has the code. */
function windowSeconds({ phase, uptimeMs }: Keeper): number {
  switch (phase()) {
    case 'unclaimed':
      return Math.max(0, Math.ceil((claimWindowMs - uptimeMs()) / 1000));
    case 'asking':
    case 'applying':
      return claimWindowMs / 1000;
    default:
      return 0;
  }
}

function languageOf({ context }: Keeper): string | undefined {
  const answer = readSetup(context.paths).answers['locale'];
  const language = answer?.state === 'answered' ? answer.values['language'] : undefined;
  return language !== undefined && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)
    ? language
    : undefined;
}

function hotspotOf({ context }: Keeper): HotspotView | undefined {
  const text = readIfThere(context.paths.hotspotFile);
  if (text === undefined) return undefined;
  try {
    // Part by part: whatever else the hotspot keeps in its file is not for everybody.
    const { networks, failure, country } = JSON.parse(text) as HotspotView;
    return { networks, country, ...(failure === undefined ? {} : { failure }) };
  } catch {
    context.report('the file of the hotspot is damaged');
    return undefined;
  }
}
