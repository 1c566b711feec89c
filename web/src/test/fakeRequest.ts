/** An XMLHttpRequest that does what the test says. */
export class FakeRequest {
  static all: FakeRequest[] = [];
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  status = 0;
  response: unknown = null;
  aborted = false;
  onload?: () => void;
  onloadend?: () => void;
  onerror?: () => void;
  address = "";
  open(_method: string, address: string) {
    this.address = address;
  }
  setRequestHeader = () => undefined;
  send = () => void FakeRequest.all.push(this);
  abort() {
    this.aborted = true;
    this.onloadend?.();
  }
  answer(status: number, response: unknown) {
    Object.assign(this, { status, response });
    this.onload?.();
    this.onloadend?.();
  }
}
