import { NOTHING, type Arrangement } from "../lib/map/layout";

/** Where the map's nodes stand, for as long as the page is open: leaving the place moves nothing. */
export const standing: { arrangement: Arrangement } = { arrangement: NOTHING };
