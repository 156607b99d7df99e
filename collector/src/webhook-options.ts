// Options of webhooks.
import { option } from './option-spec.ts';
import { switchSchema } from './option-values.ts';

export const WEBHOOK_OPTIONS = {
  webhookPrivateAddresses: option({
    flag: 'webhook-private-addresses',
    env: 'AICOST_WEBHOOK_PRIVATE_ADDRESSES',
    schema: switchSchema,
    byDefault: 'off',
    expected: 'on or off',
    sentence:
      'Whether webhooks may go to private, loopback and link-local addresses, and to http; whoever has a key with the scope admin chooses them.',
  }),
};
