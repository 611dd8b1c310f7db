import { Virtualizer, observeElementRect } from "@tanstack/virtual-core";

/** Rows rendered beyond either edge, so that a fast scroll shows no blank. */
const OVERSCAN = 12;
/** While the end is followed nobody scrolls, and every row changes with what comes. */
const OVERSCAN_FOLLOWING = 1;

/** Which rows of a long list are rendered; rows of one height. */
export class VirtualRows {
  /** First row to render, and how many. They follow from `update` and scrolling alone. */
  start = $state.raw(0);
  size = $state.raw(0);

  private element: HTMLElement | null = null;
  private following = false;
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

  /**
   * Another number of rows, before they are drawn. A list that follows its end is told where it
   * will be: the scroll event would come a frame late, and the rows be drawn twice.
   */
  update(count: number, rowHeight: number, following: boolean): void {
    const { options } = this.virtualizer;
    const isOther =
      options.count !== count ||
      options.estimateSize(0) !== rowHeight ||
      this.following !== following;
    if (isOther) {
      this.following = following;
      const isResized = options.estimateSize(0) !== rowHeight;
      this.virtualizer.setOptions(this.options(count, rowHeight));
      if (isResized) this.virtualizer.measure();
      this.virtualizer._willUpdate();
    }
    if (following) this.report?.(Math.max(0, count * rowHeight - this.viewport), false);
    if (isOther || following) this.refresh();
  }

  /** Scrolls at once, without waiting for the scroll event. */
  place(top: number): void {
    if (!this.element) return;
    this.element.scrollTop = top;
    this.report?.(this.element.scrollTop, false);
    this.refresh();
  }

  /** To the end, which `update` has made ready for. */
  placeAtEnd(): void {
    // Beyond the end is the end: asking for its exact place would lay the page out once more.
    if (this.element) this.element.scrollTop = Number.MAX_SAFE_INTEGER;
  }

  private get viewport(): number {
    return this.virtualizer.scrollRect?.height ?? 0;
  }

  private options(count: number, rowHeight: number) {
    return {
      count,
      estimateSize: () => rowHeight,
      overscan: this.following ? OVERSCAN_FOLLOWING : OVERSCAN,
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
    // The slots never get fewer while the list lives: fewer would mean other rows in all of them.
    this.size = Math.max(this.size, items.length);
  }
}
