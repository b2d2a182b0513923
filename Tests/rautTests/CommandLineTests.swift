import Testing

import raut
