import Testing

import EmotionRecognition
