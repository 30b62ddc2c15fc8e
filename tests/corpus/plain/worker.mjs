// The corpus in plain JavaScript, on the platform's own API. It shares nothing with what it is compared with.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { answer } from "./http.mjs";
import { event } from "./objects.mjs";
import { shownBytes, encoder } from "./values.mjs";

export default {
  fetch: (request, env, ctx) => answer({ request, env, ctx }),
};

/** An entrypoint with a name, which shows its name and what it was bound with. */
export class Named extends WorkerEntrypoint {
  fetch(request) {
    return answer({ request, env: this.env, ctx: this.ctx, entrypoint: "Named", props: this.ctx.props ?? null });
  }
}

class Scripted extends DurableObject {
  #context(more) {
    return { object: this, env: this.env, ctx: this.ctx, ...more };
  }

  fetch(request) {
    return answer(this.#context({ request }));
  }

  alarm({ retryCount, scheduledTime }) {
    return this.#event("alarm", { retryCount, scheduledTime: scheduledTime.getTime?.() ?? scheduledTime });
  }

  webSocketMessage(socket, message) {
    const binary = typeof message !== "string";
    return this.#event("message", { binary, data: shownBytes(binary ? message : encoder.encode(message)) }, { socket, message });
  }

  webSocketClose(socket, code, reason, wasClean) {
    return this.#event("close", { code, reason, wasClean }, { socket });
  }

  webSocketError(socket, error) {
    return this.#event("error", { message: error.message }, { socket });
  }

  async #event(name, details, more) {
    try {
      await event(this, name, details, this.#context(more));
    } catch (escape) {
      throw escape.error ?? escape;
    }
  }
}

export class One extends Scripted {}
export class Other extends Scripted {}
