/** The content of a streamed message, put together from its events: kept only where somebody asks for content. */
import type { ContentBlock, MessageEvent } from './message-shapes.ts';

/** Which member of a piece goes on with which member of its block. */
const GROWING: Readonly<Record<string, readonly [piece: string, member: string]>> = {
  text_delta: ['text', 'text'],
  thinking_delta: ['thinking', 'thinking'],
  input_json_delta: ['partial_json', 'input'],
};

interface OpenBlock {
  readonly begun: ContentBlock;
  member: string | undefined;
  pieces: string[];
}

export class StreamedContent {
  private readonly open: OpenBlock[] = [];

  begin(index: number, begun: ContentBlock): void {
    this.open[index] = { begun, member: undefined, pieces: [] };
  }

  add(index: number, delta: NonNullable<MessageEvent['delta']>): void {
    const block = this.open[index];
    const growing = GROWING[String(delta['type'])];
    if (block === undefined || growing === undefined) return;
    block.member = growing[1];
    block.pieces.push(String(delta[growing[0]]));
  }

  blocks(): ContentBlock[] {
    return this.open.filter((block) => block !== undefined).map(blockOf);
  }
}

function blockOf({ begun, member, pieces }: OpenBlock): ContentBlock {
  if (member === undefined) return begun;
  const grown = pieces.join('');
  return { ...begun, [member]: member === 'input' ? parsed(grown) : grown };
}

/** A call of a tool that was cut off stays as the text it is. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
