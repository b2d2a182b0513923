import CSDL2
import CSDL2Late
import Overlay
import Testing

@Suite("why there is no window")
struct WindowErrorTests {
    @Test("where SDL gives no reason that is said, not nothing")
    func withoutReason() {
        #expect(raut_load_sdl2() == nil)
        SDL_ClearError()
        #expect(WindowError.sdl("no snapshot").description == "the window: no snapshot: SDL gives no reason")
    }
}
