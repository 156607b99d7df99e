/** Images of Imagen: made, edited, made larger. They are charged by the picture; what was filtered is not charged. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import { type GoogleCall, regionOf, requestOf } from './google-client.ts';

interface Drawn {
  readonly generatedImages?: readonly { readonly image?: Image }[];
}

/** The SDK gives an empty one for what was filtered. */
interface Image {
  readonly imageBytes?: unknown;
  readonly gcsUri?: unknown;
}

const isDrawn = ({ image }: { readonly image?: Image }): boolean =>
  image?.imageBytes !== undefined || image?.gcsUri !== undefined;

export class ImagesReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;

  constructor(call: GoogleCall) {
    this.request = requestOf('image_generation', call);
    this.region = regionOf(call);
  }

  readWhole(answer: unknown): CallAnswer {
    const { generatedImages } = answer as Drawn;
    const images = generatedImages?.filter(isDrawn).length;
    return { usage: { images }, conditions: { region: this.region } };
  }
}
