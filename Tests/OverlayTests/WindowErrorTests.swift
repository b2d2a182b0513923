import CSDL2
import Overlay
import Testing

@Suite("why there is no window")
struct WindowErrorTests {
    @Test("where SDL gives no reason that is said, not nothing")
    func withoutReason() {
        SDL_ClearError()
        #expect(WindowError.sdl("no snapshot").description == "the window: no snapshot: SDL gives no reason")
    }
}
