import type { OptionType, Reading } from './option-types.ts';

/** Which store the service keeps its verifications in. */
export type StoreChoice =
  | { kind: 'memory' }
  | { kind: 'sqlite'; path: string }
  /** `url` as the client takes it. */
  | { kind: 'redis'; url: string; options: RedisStoreChoice }
  | {
      kind: 'redis-cluster';
      nodes: readonly { host: string; port: number }[];
      username: string | undefined;
      password: string | undefined;
      tls: boolean;
      options: RedisStoreChoice;
    }
  /** `url` as the client takes it. */
  | { kind: 'postgres'; url: string; schema: string | undefined; connections: number | undefined };

/** What an address says of a Redis store besides where it is. */
export interface RedisStoreChoice {
  /** What all keys begin with. */
  prefix: string | undefined;
  /** Replicas that must have every write before an answer counts. */
  replicas: number | undefined;
}

const forms =
  'sqlite:PATH, postgres://USER@HOST/DATABASE, redis://HOST:PORT, rediss://HOST:PORT, redis-cluster://HOST:PORT,HOST:PORT or memory:';

/** The address of a store, told by its scheme. A fault never repeats it: it may hold a password. */
export const storeChoice: OptionType<StoreChoice> = {
  placeholder: '<address>',
  read(text): Reading<StoreChoice> {
    const colon = text.indexOf(':');
    const scheme = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
    const rest = text.slice(colon + 1);
    switch (scheme) {
      case 'memory':
        return rest === '' ? { value: { kind: 'memory' } } : fault('must be memory: and nothing else');
      case 'sqlite':
        return readSqlite(rest);
      case 'redis':
      case 'rediss':
        return readRedis(text);
      case 'redis-cluster':
        return readRedisCluster(text);
      case 'postgres':
      case 'postgresql':
        return readPostgres(text);
      default:
        return fault(`must be ${forms}`);
    }
  },
  show(choice) {
    switch (choice.kind) {
      case 'memory':
        return 'memory:';
      case 'sqlite':
        return `sqlite:${choice.path}`;
      case 'redis':
        return withoutSecrets(choice.url);
      case 'redis-cluster':
        return `redis-cluster://${choice.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
      case 'postgres':
        return withoutSecrets(choice.url);
    }
  },
};

function fault(what: string): { faults: string[] } {
  return { faults: [what] };
}

function readSqlite(path: string): Reading<StoreChoice> {
  if (path === '') return fault('names no file: write sqlite:PATH, like sqlite:/var/lib/phoneproof/phoneproof.db');
  if (path.startsWith(':memory:')) return fault('must name a file; a store that forgets is memory:');
  return { value: { kind: 'sqlite', path } };
}

function readRedis(text: string): Reading<StoreChoice> {
  const url = parse(text);
  if (url === 'ambiguous') return fault(ambiguous);
  if (!url?.hostname) return fault('names no server: write redis://HOST:PORT, or rediss://HOST:PORT for TLS');
  if (!/^\/?\d{0,4}$/.test(url.pathname)) return fault('must end with the number of a database or nothing, like /0');
  const options = takeRedisOptions(url);
  return 'faults' in options ? options : { value: { kind: 'redis', url: url.href, options } };
}

function readRedisCluster(text: string): Reading<StoreChoice> {
  const [, user = '', hosts = '', query = ''] =
    /^redis-cluster:\/\/(?:([^@/]*)@)?([^/?]*)\/?(\?.*)?$/i.exec(text) ?? [];
  const nodes = hosts.split(',').map((node) => parse(`redis://${node}`));
  const login = parse(`redis://${user === '' ? '' : `${user}@`}host${query}`);
  if (login === 'ambiguous' || hosts.includes('@')) return fault(ambiguous);
  const known = nodes.filter((node): node is URL => node instanceof URL && node.hostname !== '');
  if (known.length < nodes.length || login === null) {
    return fault('must list nodes of the cluster: redis-cluster://HOST:PORT,HOST:PORT');
  }
  const tls = take(login, 'tls');
  if (tls !== undefined && tls !== 'true' && tls !== 'false') return fault('must say tls=true or tls=false');
  const options = takeRedisOptions(login);
  if ('faults' in options) return options;
  return {
    value: {
      kind: 'redis-cluster',
      nodes: known.map(({ hostname, port }) => ({
        host: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port || 6379),
      })),
      username: decodeURIComponent(login.username) || undefined,
      password: decodeURIComponent(login.password) || undefined,
      tls: tls === 'true',
      options,
    },
  };
}

function readPostgres(text: string): Reading<StoreChoice> {
  const url = /^postgres(?:ql)?:\/\//i.test(text) ? parse(text) : null;
  if (url === 'ambiguous') return fault(ambiguous);
  if (!url) return fault('must be postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  const schema = take(url, 'schema');
  const connections = take(url, 'connections');
  if (connections !== undefined && !/^[1-9]\d{0,2}$/.test(connections))
    return fault('must have connections from 1 to 999');
  return {
    value: {
      kind: 'postgres',
      url: url.href,
      schema,
      connections: connections === undefined ? undefined : Number(connections),
    },
  };
}

/** Takes our own parameters out, so that the client does not see them; others would be ignored silently. */
function takeRedisOptions(url: URL): RedisStoreChoice | { faults: string[] } {
  const prefix = take(url, 'prefix');
  if (prefix !== undefined && !/^[\w:.-]{1,32}$/.test(prefix)) {
    return fault('must have a prefix of 1 to 32 letters, digits, dots, dashes, colons or underscores');
  }
  const replicas = take(url, 'replicas');
  if (replicas !== undefined && !/^[1-9]$/.test(replicas)) return fault('must have replicas from 1 to 9');
  const unknown = [...url.searchParams.keys()][0];
  if (unknown !== undefined) return fault('has a parameter that is not known: it takes prefix and replicas');
  return { prefix, replicas: replicas === undefined ? undefined : Number(replicas) };
}

function take(url: URL, name: string): string | undefined {
  const value = url.searchParams.get(name) || undefined;
  url.searchParams.delete(name);
  return value;
}

const ambiguous = 'must have its user and password percent-encoded: %23 for #, %2F for /, %40 for @, %25 for %';

/** Ambiguous: a character of the password may have been taken for the end of it, so that part of it would be read, and shown, as something else. */
function parse(text: string): URL | 'ambiguous' | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isWhole =
    !text.includes('#') && !url.pathname.includes('@') && isEncoded(url.username) && isEncoded(url.password);
  return isWhole ? url : 'ambiguous';
}

function isEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

/** Neither user and password nor parameters, one of which may be a password too. */
function withoutSecrets(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
