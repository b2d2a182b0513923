import CLinux
import Glibc
import System

/// The event server's thread: takes readers, passes lines on, lets go of those who are gone or stuck.
struct ReaderLoop {
    private var socket: EventSocket
    private var isTakingReaders = false
    /// When to look at the socket's file again.
    private var nextLook = Deadline.never
    private var saidRemoved = false
    private let wake: Int32
    private let poll: Int32
    private let limits: ReaderLimits
    private var readers: [Int32: Reader] = [:]
    private var gone: [Int32] = []
    private var lines: [UInt8] = []
    private var isStopping = false
    /// Until when readers may take what waits for them at the end.
    private var end: Deadline?
    /// When to take readers again after the process ran out of descriptors; 0 while it takes them.
    private var pausedUntil: UInt64 = 0

    /// How long no reader is taken when the process has no descriptor left, in nanoseconds.
    private static let pause: UInt64 = 200_000_000

    init(socket: EventSocket, wake: Int32, poll: Int32, limits: ReaderLimits) {
        self.socket = socket
        self.wake = wake
        self.poll = poll
        self.limits = limits
    }

    mutating func run(from mailbox: ReaderMailbox) {
        nextLook = .after(limits.fileInterval)
        watch(wake, EPOLLIN.rawValue, EPOLL_CTL_ADD)
        var ready = [epoll_event](repeating: epoll_event(), count: 64)
        while !isOver {
            let count = epoll_wait(poll, &ready, Int32(ready.count), timeout)
            let now = MonotonicClock.now
            for index in 0..<Int(max(0, count)) {
                let descriptor = ready[index].data.fd
                if descriptor == wake {
                    var counter: UInt64 = 0
                    _ = read(wake, &counter, 8)
                    passOn(from: mailbox, now)
                } else if descriptor == socket.descriptor {
                    accept(mailbox, now)
                } else {
                    serve(descriptor, ready[index].events, now)
                }
            }
            if nextLook.isOver, !isStopping { lookAtFile(mailbox, now) }
            if pausedUntil > 0, now >= pausedUntil {
                pausedUntil = 0
                watch(socket.descriptor, EPOLLIN.rawValue, EPOLL_CTL_MOD)
            }
            closeStuck(now)
            closeGone(mailbox)
        }
        for reader in readers.values { close(reader.descriptor) }
        readers = [:]
        mailbox.readers = 0
        socket.remove()
        close(poll)
    }

    /// True once the end is asked for and nobody has anything left to take, or no time left for it.
    private var isOver: Bool {
        isStopping && (end?.isOver ?? false || !readers.values.contains(where: \.isWaiting))
    }

    /// Milliseconds until something must be looked at without being told.
    private var timeout: Int32 {
        if let end { return Int32(min(end.remaining / 1_000_000 + 1, 1000)) }
        if pausedUntil > 0 { return 100 }
        if readers.values.contains(where: \.isWaiting) { return 250 }
        return Int32(min(nextLook.remaining / 1_000_000 + 1, 60_000))
    }

    /// Passes new lines to who is there; returns what goes with them, for a reader that comes now.
    @discardableResult
    private mutating func passOn(from mailbox: ReaderMailbox, _ now: UInt64) -> ReaderMailbox.Collected {
        let collected = mailbox.collect(into: &lines)
        if collected.isStopping, !isStopping {
            isStopping = true
            end = .after(limits.lastWords)
        }
        if !isTakingReaders, !collected.hello.isEmpty {
            isTakingReaders = true
            watch(socket.descriptor, EPOLLIN.rawValue, EPOLL_CTL_ADD)
        }
        if !lines.isEmpty || collected.lost > 0 || !collected.lostHello.isEmpty {
            for reader in readers.values {
                reader.addLost(collected.lost, hello: collected.lostHello)
                if !reader.pass(lines, now) { gone.append(reader.descriptor) }
                updateInterest(reader)
            }
        }
        return collected
    }

    /// Makes the socket's file again where somebody removed it: readers that come would find nobody.
    private mutating func lookAtFile(_ mailbox: ReaderMailbox, _ now: UInt64) {
        nextLook = .after(limits.fileInterval)
        if let path = socket.removedPath, !saidRemoved {
            saidRemoved = true
            mailbox.tell(.gone(path: path))
        }
        guard isTakingReaders, socket.isRemoved else { return }
        // Who has connected before it was removed is taken first.
        accept(mailbox, now)
        do throws(EventError) {
            let new = try mailbox.remake()
            forget(socket.descriptor)
            socket = new
            watch(socket.descriptor, EPOLLIN.rawValue, EPOLL_CTL_ADD)
            saidRemoved = false
            mailbox.tell(.remade(path: socket.path))
        } catch {
            if !saidRemoved, case .cannotListen(let path, let reason) = error {
                mailbox.tell(.cannotRemake(path: path, reason: reason))
            }
            saidRemoved = true
        }
    }

    private mutating func accept(_ mailbox: ReaderMailbox, _ now: UInt64) {
        // Bounded, so that a storm of connections does not keep lines from those who are there.
        for _ in 0..<32 {
            let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = accept4(socket.descriptor, nil, nil, flags)
            guard descriptor >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
                    pausedUntil = now + Self.pause
                    watch(socket.descriptor, 0, EPOLL_CTL_MOD)
                }
                return
            }
            guard readers.count < limits.readers else {
                close(descriptor)
                continue
            }
            // Lines from here on are kept for it; those before are in what it is told first.
            mailbox.readers = readers.count + 1
            Log.debug("socket", "a reader comes, the number of them is \(readers.count + 1)")
            let known = passOn(from: mailbox, now)
            let reader = Reader(descriptor, backlog: limits.backlog, now)
            readers[descriptor] = reader
            watch(descriptor, EPOLLIN.rawValue, EPOLL_CTL_ADD)
            if !reader.pass(known.hello + known.inView, now) { gone.append(descriptor) }
            updateInterest(reader)
        }
    }

    private mutating func serve(_ descriptor: Int32, _ events: UInt32, _ now: UInt64) {
        guard let reader = readers[descriptor] else { return }
        if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            gone.append(descriptor)
            return
        }
        if events & EPOLLIN.rawValue != 0 { reader.discardInput() }
        if events & EPOLLOUT.rawValue != 0, !reader.flush(now) { gone.append(descriptor) }
        updateInterest(reader)
    }

    private mutating func closeStuck(_ now: UInt64) {
        let patience = UInt64(max(0, limits.patience) * 1e9)
        for reader in readers.values where reader.isWaiting && now > reader.lastProgress + patience {
            gone.append(reader.descriptor)
        }
    }

    private mutating func closeGone(_ mailbox: ReaderMailbox) {
        guard !gone.isEmpty else { return }
        for descriptor in gone where readers.removeValue(forKey: descriptor) != nil { forget(descriptor) }
        gone.removeAll(keepingCapacity: true)
        mailbox.readers = readers.count
        Log.debug("socket", "readers have gone, \(readers.count) are left")
    }

    /// Closes a descriptor that is watched. A child that is just being started holds a copy of it until its program
    /// runs: closing alone would leave it watched so long, and its hang-up be taken for that of the next reader, who
    /// gets the same number. See epoll(7).
    private func forget(_ descriptor: Int32) {
        watch(descriptor, 0, EPOLL_CTL_DEL)
        close(descriptor)
    }

    private func updateInterest(_ reader: Reader) {
        let wanted =
            (reader.isListened ? EPOLLIN.rawValue : 0) | (reader.isWaiting ? EPOLLOUT.rawValue : 0)
        guard wanted != reader.interest else { return }
        reader.interest = wanted
        watch(reader.descriptor, wanted, EPOLL_CTL_MOD)
    }

    private func watch(_ descriptor: Int32, _ events: UInt32, _ operation: Int32) {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        epoll_ctl(poll, operation, descriptor, &event)
    }
}
