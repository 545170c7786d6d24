import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onPort } from './free-port.ts';
import { pgBouncerProgram } from './programs.ts';
import { newServerFolder } from './server-folder.ts';
import { startProcess, type Server } from './server-process.ts';
import { giveTo, openTo, unprivileged } from './unprivileged.ts';

export interface PgBouncerOptions {
  /** The database it stands before. */
  postgresUrl: string;
  port?: number;
  /** Further configuration, such as `{ default_pool_size: '1' }`. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts a PgBouncer in transaction mode: each transaction of a client may meet another session of the database. */
export async function startPgBouncer({ postgresUrl, port, settings = {} }: PgBouncerOptions): Promise<Server> {
  const identity = unprivileged();
  const program = await openTo(identity, await pgBouncerProgram());
  const folder = await newServerFolder();
  const { hostname, port: postgresPort, username, password, pathname } = new URL(postgresUrl);
  const target = Object.entries({
    host: hostname,
    port: postgresPort || '5432',
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    dbname: decodeURIComponent(pathname.slice(1)) || 'postgres',
  })
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}='${value.replaceAll("'", "''")}'`);
  try {
    return await onPort(port, async (chosen) => {
      const configuration = Object.entries({
        listen_addr: '127.0.0.1',
        listen_port: String(chosen),
        unix_socket_dir: '',
        auth_type: 'any',
        pool_mode: 'transaction',
        max_client_conn: '500',
        default_pool_size: '20',
        ...settings,
      }).map(([key, value]) => `${key} = ${value}`);
      const file = join(folder.path, 'pgbouncer.ini');
      await writeFile(
        file,
        ['[databases]', `postgres = ${target.join(' ')}`, '[pgbouncer]', ...configuration, ''].join('\n'),
      );
      giveTo(identity, folder.path);
      const { end, ...server } = await startProcess({
        name: 'PgBouncer',
        program,
        args: [file],
        folder,
        home: folder.path,
        ready: /process up/,
        // It has nothing to lose, and what it does on the other signals differs between versions: some wait for the clients to leave.
        endSignal: 'SIGKILL',
        identity,
      });
      return {
        ...server,
        port: chosen,
        url: `postgres://postgres@127.0.0.1:${chosen}/postgres`,
        async stop() {
          await end();
          await folder.remove();
        },
      };
    });
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
