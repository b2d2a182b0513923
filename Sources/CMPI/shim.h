#pragma once
#include <mpi.h>

// What Swift can't import: constants that are macros.

static inline int cmpi_success(void) { return MPI_SUCCESS; }

static inline int cmpi_start(void) {
    int given = 0;
    int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given);
    return error != MPI_SUCCESS ? error : MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

static inline int cmpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }

static inline int cmpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }

// Before MPI has started, which MPI_Initialized(3) tells from any thread, there is nothing to end.
static inline int cmpi_abort(int code) {
    int started = 0;
    int error = MPI_Initialized(&started);
    return error != MPI_SUCCESS || !started ? error : MPI_Abort(MPI_COMM_WORLD, code);
}

static inline int cmpi_send(const void *bytes, int count, int to, int tag, MPI_Request *request) {
    return MPI_Isend(bytes, count, MPI_BYTE, to, tag, MPI_COMM_WORLD, request);
}

static inline int cmpi_receive(void *bytes, int count, int from, int tag, MPI_Request *request) {
    return MPI_Irecv(bytes, count, MPI_BYTE, from, tag, MPI_COMM_WORLD, request);
}

static inline int cmpi_test(MPI_Request *request, int *done) {
    return MPI_Test(request, done, MPI_STATUS_IGNORE);
}

// Whether a message of any rank waits: from whom, and of how many bytes.
static inline int cmpi_probe(int tag, int *waits, int *from, int *count) {
    MPI_Status status;
    int error = MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, waits, &status);
    if (error != MPI_SUCCESS || !*waits) return error;
    *from = status.MPI_SOURCE;
    return MPI_Get_count(&status, MPI_BYTE, count);
}
