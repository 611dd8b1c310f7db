import { Virtualizer, observeElementRect } from "@tanstack/virtual-core";

/** Rows rendered beyond either edge, so that a fast scroll shows no blank. */
const OVERSCAN = 12;

/** Which rows of a long list are rendered; rows of one height. */
export class VirtualRows {
  /** First row to render, and how many. */
  start = $state.raw(0);
  size = $state.raw(0);

  private element: HTMLElement | null = null;
  private report: ((offset: number, isScrolling: boolean) => void) | null = null;
  private readonly virtualizer: Virtualizer<HTMLElement, HTMLElement>;

  constructor(rowHeight: number) {
    this.virtualizer = new Virtualizer(this.options(0, rowHeight));
  }

  attach(element: HTMLElement): () => void {
    this.element = element;
    const unmount = this.virtualizer._didMount();
    this.virtualizer._willUpdate();
    return () => {
      this.element = null;
      unmount();
    };
  }

  update(count: number, rowHeight: number): void {
    const { options } = this.virtualizer;
    if (options.count === count && options.estimateSize(0) === rowHeight) return;
    const resized = options.estimateSize(0) !== rowHeight;
    this.virtualizer.setOptions(this.options(count, rowHeight));
    if (resized) this.virtualizer.measure();
    this.virtualizer._willUpdate();
    this.refresh();
  }

  /**
   * Scrolls at once. The library is told directly instead of by the scroll event, which comes a
   * frame late: at a thousand rows a second that frame would show a blank end.
   */
  place(top: number): void {
    if (!this.element) return;
    this.element.scrollTop = top;
    this.report?.(this.element.scrollTop, false);
    this.refresh();
  }

  private options(count: number, rowHeight: number) {
    return {
      count,
      estimateSize: () => rowHeight,
      overscan: OVERSCAN,
      getScrollElement: () => this.element,
      observeElementRect,
      observeElementOffset: (
        _: unknown,
        report: (offset: number, isScrolling: boolean) => void,
      ): (() => void) => this.observe(report),
      scrollToFn: () => undefined,
      onChange: () => this.refresh(),
    };
  }

  private observe(report: (offset: number, isScrolling: boolean) => void): () => void {
    const { element } = this;
    if (!element) return () => undefined;
    this.report = report;
    const onScroll = () => report(element.scrollTop, false);
    element.addEventListener("scroll", onScroll, { passive: true });
    onScroll();
    return () => {
      this.report = null;
      element.removeEventListener("scroll", onScroll);
    };
  }

  private refresh(): void {
    const items = this.virtualizer.getVirtualItems();
    this.start = items[0]?.index ?? 0;
    this.size = items.length;
  }
}
