import Testing

import Capture
