import Testing

import Overlay
