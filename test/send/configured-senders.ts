/** Every sender that a page configures. */
import { environmentSender, readShell } from './environment-sender.ts';
import { codexSenders, collectorSenders, settingsSenders, springSenders } from './file-senders.ts';
import type { FencedBlock, SendPage } from './send-page.ts';
import type { Sender } from './sender.ts';

const READERS: Readonly<Record<string, (text: string) => Sender[]>> = {
  sh: (text) => {
    const sender = environmentSender('variables', readShell(text));
    return sender === undefined ? [] : [sender];
  },
  yaml: collectorSenders,
  toml: codexSenders,
  json: settingsSenders,
  properties: springSenders,
};

const sendersOfBlock = ({ language, text }: FencedBlock): Sender[] =>
  READERS[language]?.(text) ?? [];

/** In the order of the page. */
export const sendersOf = ({ blocks }: SendPage): Sender[] => blocks.flatMap(sendersOfBlock);
