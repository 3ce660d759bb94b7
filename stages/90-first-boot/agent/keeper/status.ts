import { networkInterfaces } from 'node:os';
import type { AgentContext } from '../context.ts';
import { addressUrl, reachableAddresses } from '../device/addresses.ts';
import { readDeviceStatus } from '../device/status.ts';
import { readUnitStates } from '../device/unit-states.ts';
import type { StatusView } from '../door/protocol.ts';
import type { Answers, ServiceLink } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import { isSecretField } from '../support/sensitive.ts';
import { applierUnit } from './applier.ts';
import { describeError } from './describe-error.ts';
import { readDisks } from './disks.ts';
import { type Keeper, nameOfDevice } from './keeper.ts';
import { notedName } from './noted.ts';
import { servicesOfStages } from './services.ts';
import { topicViews } from './topics.ts';

type Secret = NonNullable<ServiceLink['secret']>;
type ShownSecret = NonNullable<StatusView['links'][number]['secret']>;

/** Everything that the status page shows to an administrator. */
export async function status(keeper: Keeper): Promise<StatusView> {
  const { context } = keeper;
  const [device, services, [applier], topics, updates] = await Promise.all([
    readDeviceStatus(context.paths, context.report),
    servicesOfStages(context),
    readUnitStates(context.paths.systemctl, [applierUnit], context.report),
    topicViews(keeper),
    keeper.updateLook(),
  ]);
  const hostname = nameOfDevice(context);
  return {
    hostname,
    addresses: addressesOf(hostname),
    services: [...device.services, ...services],
    links: linksOf(context, hostname),
    disks: readDisks(context.look),
    updates,
    topics,
    release: device.release,
    isApplying: applier === 'running' || applier === 'starting',
  };
}

function addressesOf(hostname: string): StatusView['addresses'] {
  const numbers = reachableAddresses(networkInterfaces());
  return [
    { url: `http://${hostname}.local`, medium: 'name' },
    ...numbers.map((address) => ({ url: addressUrl(address), medium: address.medium })),
  ];
}

function linksOf({ setups, paths, look, report }: AgentContext, hostname: string): StatusView['links'] {
  const answers = withoutSecrets(setups.topics, readSetup(paths).answers);
  return setups.links.flatMap(({ title, text, address, secret }) => {
    try {
      const known = address(answers, hostname);
      if (known === undefined) return [];
      const value = secret?.read(look);
      return [
        {
          ...{ title, address: known },
          ...(text === undefined ? {} : { text }),
          ...(secret === undefined || value === undefined ? {} : { secret: shownSecret(secret, value) }),
        },
      ];
    } catch (error) {
      report(`a link has no address: ${describeError(error)}`);
      return [];
    }
  });
}

function shownSecret({ label, noted }: Secret, value: string): ShownSecret {
  return { label, value, ...(noted === undefined ? {} : { noted: notedName(noted) }) };
}

/** A link is shown on a page: it is made from answers that have no secret in them. */
function withoutSecrets(topics: AgentContext['setups']['topics'], answers: Answers): Answers {
  const entries = Object.entries(answers).map(([id, answer]) => {
    if (answer.state !== 'answered') return [id, answer] as const;
    const fields = topics.find((topic) => topic.id === id)?.fields.filter((field) => !isSecretField(field));
    const open = Object.entries(answer.values).filter(([name]) =>
      fields?.some((field) => field.name === name),
    );
    return [id, { state: 'answered', values: Object.fromEntries(open) }] as const;
  });
  return Object.fromEntries(entries);
}
