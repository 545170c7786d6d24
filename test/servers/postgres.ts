import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onPort } from './free-port.ts';
import { postgresProgram } from './programs.ts';
import { newServerFolder } from './server-folder.ts';
import { startProcess, type Server } from './server-process.ts';
import { giveTo, openTo, unprivileged } from './unprivileged.ts';

const run = promisify(execFile);

export interface PostgresOptions {
  port?: number;
  /** Further configuration, such as `{ fsync: 'on' }`. By default a crash of the machine, which no test can cause, may lose data. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts a PostgreSQL with an empty database `postgres`, for its user of that name. */
export async function startPostgres({ port, settings = {} }: PostgresOptions = {}): Promise<Server> {
  const identity = unprivileged();
  const program = await openTo(identity, await postgresProgram());
  const folder = await newServerFolder();
  try {
    giveTo(identity, folder.path);
    const data = join(folder.path, 'data');
    await run(
      join(dirname(program.command), 'initdb'),
      ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
      { cwd: folder.path, env: { PATH: process.env['PATH'], LC_ALL: 'C' }, ...identity },
    );
    return await onPort(port, async (chosen) => {
      const configuration = Object.entries({
        port: String(chosen),
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        max_connections: '200',
        fsync: 'off',
        full_page_writes: 'off',
        ...settings,
      });
      const { end, ...server } = await startProcess({
        name: 'PostgreSQL',
        program,
        args: ['-D', data, ...configuration.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        folder,
        home: folder.path,
        ready: /database system is ready to accept connections/,
        // Ends the sessions instead of waiting for them.
        endSignal: 'SIGINT',
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
