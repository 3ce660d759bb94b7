import type { Answers, Values } from '../../90-first-boot/agent/setup/define.ts';

/** The front door of the device. */
export const frontDoor = 'http://localhost:80';

/** One name in the Internet and where its visitors are led. */
export interface Route {
  readonly hostname: string;
  /** `http://localhost:80` */
  readonly service: string;
  /** What an HTTPS origin needs: its certificate is for the public name, if for any, and signed by itself. */
  readonly originRequest?: {
    readonly originServerName: string;
    readonly noTLSVerify: boolean;
    readonly httpHostHeader: string;
  };
}

/** The route that the answers ask for; undefined if a config.yml decides. */
export function routeOf(values: Values): Route | undefined {
  const { how, hostname, service = frontDoor } = values;
  if (how === 'file' || hostname === undefined) return undefined;
  if (!service.startsWith('https:')) return { hostname, service: plainAddress(service) };
  const originRequest = { originServerName: hostname, noTLSVerify: true, httpHostHeader: hostname };
  return { hostname, service: plainAddress(service), originRequest };
}

/** The route of a tunnel that is managed at Cloudflare by hand. */
export function handMadeRoute({ tunnel }: Answers): Route | undefined {
  if (tunnel?.state !== 'answered' || tunnel.values['how'] !== 'token') return undefined;
  return routeOf(tunnel.values);
}

/** Type and address of the service, as Cloudflare's form has them: `HTTP`, `localhost:80`. */
export function serviceFields({ service }: Route): { readonly type: string; readonly address: string } {
  const { protocol, host } = new URL(service);
  const port = protocol === 'https:' ? 443 : 80;
  const hasPort = /:\d+$/.test(host);
  return { type: protocol.slice(0, -1).toUpperCase(), address: hasPort ? host : `${host}:${port}` };
}

/** All that has to be entered at Cloudflare for the route, field by field, in one sentence. */
export function fieldsText(route: Route): { readonly en: string; readonly de: string } {
  const { type, address } = serviceFields(route);
  const { hostname, originRequest } = route;
  const en = `Hostname ${hostname}, path empty, service type ${type}, URL ${address}`;
  const de = `Hostname ${hostname}, Pfad (Path) leer, Diensttyp (Type) ${type}, URL ${address}`;
  if (originRequest === undefined) return { en: `${en}.`, de: `${de}.` };
  const { originServerName, httpHostHeader } = originRequest;
  const more = `Origin Server Name ${originServerName}, No TLS Verify`;
  return {
    en: `${en}; under TLS: ${more} on; under HTTP settings: HTTP Host Header ${httpHostHeader}.`,
    de: `${de}; unter TLS: ${more} an; unter HTTP Settings: HTTP Host Header ${httpHostHeader}.`,
  };
}

/** Tells whether two addresses lead to the same service. */
export function isSameService(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

function normal(service: string): string {
  try {
    const { protocol, hostname, port } = new URL(service);
    const name = ['127.0.0.1', '[::1]'].includes(hostname) ? 'localhost' : hostname;
    return `${protocol}//${name}:${port || (protocol === 'https:' ? '443' : '80')}`;
  } catch {
    return service;
  }
}

function plainAddress(service: string): string {
  return service.replace(/\/$/, '');
}
