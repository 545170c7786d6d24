import { callService, type Answer, type ServiceAddress } from '../end-to-end/service-call.ts';

/** Posts to a running service. Answers of every status are returned; throws an `UnreachableError` when there is none, or one that is not the service's. */
export function post(service: ServiceAddress, path: string, body: Readonly<Record<string, unknown>>): Promise<Answer> {
  return callService(service, path, { body });
}
