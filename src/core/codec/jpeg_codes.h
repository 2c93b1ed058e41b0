// SPDX-License-Identifier: Apache-2.0
/* Second bytes of the markers of a JPEG file (ITU-T T.81, table B.1). All that the writer and the
 * reader that checks its files have in common. */
#pragma once

enum {
    MARKER_SOF0 = 0xc0,
    MARKER_SOF1 = 0xc1,
    MARKER_SOF2 = 0xc2,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_DAC = 0xcc,
    MARKER_RST0 = 0xd0,
    MARKER_SOI = 0xd8,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_DQT = 0xdb,
    MARKER_APP0 = 0xe0,
    MARKER_APP1 = 0xe1,
    MARKER_APP2 = 0xe2,
    MARKER_APP13 = 0xed,
    MARKER_APP14 = 0xee,
    MARKER_COM = 0xfe
};
