import Testing

import Tracking
