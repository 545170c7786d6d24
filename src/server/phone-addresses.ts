import { networkInterfaces } from 'node:os';

/**
 * Where a phone in the same network may reach what listens on `host`: addresses like `http://192.168.1.5:8025`. Those of this machine in its networks where it listens on all of
 * them; the host itself where that is one of them; none where it listens on loopback.
 */
export function phoneAddresses(host: string, port: string, interfaces = networkInterfaces()): readonly string[] {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return [];
  const hosts = host === '0.0.0.0' || host === '::' ? own : [host.includes(':') ? `[${host}]` : host];
  return hosts.map((name) => `http://${name}:${port}`);
}
