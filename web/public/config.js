// Where the API is. NautScan's own server serves this file as it stands: the API is beside the page.
// `nautscan frontend` serves one with the address in NEXT_PUBLIC_API_URL, read when it starts.
window.nautscan = { api: "/api" };
