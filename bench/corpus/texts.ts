/**
 * What prompts and answers say, for the variant with message content: made-up words of which few are frequent; the
 * system prompt of a feature is the same in each of its calls, a conversation repeats itself turn by turn.
 */
import { type Chance, type Ranked, ranked } from './chance.ts';

const WORDS = 4_000;
const SYLLABLES =
  'ta ri no ve lo ma se di ca pu re ti on er al in st ing ent pro com ver tion ble ful ness'.split(
    ' ',
  );
const CHARACTERS_PER_TOKEN = 4;
const TEXT_CHARACTERS_MAX = 5_000;

export class Texts {
  private readonly words: Ranked<string>;
  private readonly systems = new Map<string, string>();

  constructor(chance: Chance) {
    const words = Array.from({ length: WORDS }, () =>
      Array.from({ length: chance.whole(1, 3) }, () => chance.pick(SYLLABLES)).join(''),
    );
    this.words = ranked(words, 1);
  }

  /** The messages of a chat as the conventions' JSON: system prompt, and what the user said. */
  input(chance: Chance, prompt: string, tokens: number): string {
    const system = this.systems.get(prompt) ?? this.text(chance, chance.whole(600, 3_000));
    this.systems.set(prompt, system);
    const length = Math.min(TEXT_CHARACTERS_MAX, tokens * CHARACTERS_PER_TOKEN);
    const said = this.text(chance, Math.max(40, length - system.length));
    return JSON.stringify([message('system', system), message('user', said)]);
  }

  output(chance: Chance, tokens: number): string {
    const length = Math.min(TEXT_CHARACTERS_MAX, tokens * CHARACTERS_PER_TOKEN);
    return JSON.stringify([
      { ...message('assistant', this.text(chance, length)), finish_reason: 'stop' },
    ]);
  }

  /** Sentences of about that many characters. */
  private text(chance: Chance, characters: number): string {
    let text = '';
    while (text.length < characters) {
      const words = Array.from({ length: chance.whole(5, 18) }, () => chance.ranked(this.words));
      text += `${words.join(' ')}. `;
    }
    return text;
  }
}

function message(role: string, content: string) {
  return { role, parts: [{ type: 'text', content }] };
}
