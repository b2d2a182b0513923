import Testing

import FaceDetection
