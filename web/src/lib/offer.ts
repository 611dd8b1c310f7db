/** Offers a text or bytes that the page made as a file to keep. */
export function offerFile(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it when the click returns; a while later nothing needs it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
