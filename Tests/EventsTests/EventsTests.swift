import Testing

import Events
