import { connection, type Connection } from './state.ts';

const words: Record<Connection, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
  absent: 'No inbox here',
};

/** Whether what is shown is what there is. */
export function ConnectionState() {
  return (
    <span class={`connection ${connection.value}`} role="status">
      {words[connection.value]}
    </span>
  );
}
