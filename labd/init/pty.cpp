#include "labd/init/pty.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

namespace labd::init {

Pty make_pty(const Account& owner, std::uint32_t rows, std::uint32_t columns) {
    Pty pty;
    pty.master.reset(open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    must(bool(pty.master), "open /dev/pts/ptmx");
    int unlocked = 0;
    must(ioctl(pty.master.get(), TIOCSPTLCK, &unlocked) == 0, "unlock the terminal");
    // By descriptor, not by name (TIOCGPTPEER, Linux 4.13).
    pty.slave.reset(ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    must(bool(pty.slave), "open the terminal");
    (void)!fchown(pty.slave.get(), owner.uid, static_cast<gid_t>(-1));
    resize_pty(pty.master, rows, columns);  // it starts with no rows and no columns
    return pty;
}

void resize_pty(const Fd& master, std::uint32_t rows, std::uint32_t columns) {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    (void)ioctl(master.get(), TIOCSWINSZ, &size);
}

}  // namespace labd::init
