// libv4l2 for Swift: its variadic functions and the request numbers, which are macros, behind plain functions.
#pragma once
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <sys/ioctl.h>

static inline int cv4l2_open(const char *path, int flags) { return v4l2_open(path, flags); }

// libv4l2 words its errors on standard error unless it is given a file; ours are said by errno.
static inline void cv4l2_set_log(FILE *file) { v4l2_log_file = file; }

// Straight to the driver, for a look at nodes that libv4l2 would refuse.
static inline int cv4l2_raw_capability(int fd, struct v4l2_capability *c) { return ioctl(fd, VIDIOC_QUERYCAP, c); }

#define CV4L2_REQUEST(name, request, type) \
    static inline int cv4l2_##name(int fd, type *argument) { return v4l2_ioctl(fd, request, argument); }

CV4L2_REQUEST(enumerate_formats, VIDIOC_ENUM_FMT, struct v4l2_fmtdesc)
CV4L2_REQUEST(enumerate_sizes, VIDIOC_ENUM_FRAMESIZES, struct v4l2_frmsizeenum)
CV4L2_REQUEST(enumerate_intervals, VIDIOC_ENUM_FRAMEINTERVALS, struct v4l2_frmivalenum)
CV4L2_REQUEST(get_format, VIDIOC_G_FMT, struct v4l2_format)
CV4L2_REQUEST(set_format, VIDIOC_S_FMT, struct v4l2_format)
CV4L2_REQUEST(get_parameters, VIDIOC_G_PARM, struct v4l2_streamparm)
CV4L2_REQUEST(set_parameters, VIDIOC_S_PARM, struct v4l2_streamparm)
CV4L2_REQUEST(request_buffers, VIDIOC_REQBUFS, struct v4l2_requestbuffers)
CV4L2_REQUEST(query_buffer, VIDIOC_QUERYBUF, struct v4l2_buffer)
CV4L2_REQUEST(queue_buffer, VIDIOC_QBUF, struct v4l2_buffer)
CV4L2_REQUEST(dequeue_buffer, VIDIOC_DQBUF, struct v4l2_buffer)
CV4L2_REQUEST(stream_on, VIDIOC_STREAMON, int)
CV4L2_REQUEST(stream_off, VIDIOC_STREAMOFF, int)
CV4L2_REQUEST(get_input, VIDIOC_G_INPUT, int)
CV4L2_REQUEST(enumerate_input, VIDIOC_ENUMINPUT, struct v4l2_input)
CV4L2_REQUEST(query_timings, VIDIOC_QUERY_DV_TIMINGS, struct v4l2_dv_timings)
CV4L2_REQUEST(set_timings, VIDIOC_S_DV_TIMINGS, struct v4l2_dv_timings)

#undef CV4L2_REQUEST
